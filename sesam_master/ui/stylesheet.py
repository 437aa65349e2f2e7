"""The one style sheet: what palette and delegates cannot say about the native widgets."""

import re
from collections.abc import Callable

from PySide6.QtGui import QColor

from sesam_master.ui.resources import mark_path

_RULES = """
QToolTip { background: @raised; color: @text; border: 1px solid @border; padding: 4px 6px }
QMenuBar { background: @window; padding: 2px 8px }
QMenuBar::item { background: transparent; padding: 4px 12px; border-radius: 4px }
QMenuBar::item:selected { background: @sel }
QMenu { background: @raised; border: 1px solid @border; padding: 4px }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px }
QMenu::item:selected { background: @sel }
QMenu::item:disabled { color: @text3 }
QMenu::icon { padding-left: 8px }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px }
QToolBar { background: @window; border: 0; border-bottom: 1px solid @line; padding: 4px; spacing: 4px }
QToolBar::separator { width: 1px; background: @border; margin: 6px 8px }
QStatusBar { background: @window; color: @text2; font-size: @12px; border-top: 1px solid @border }
QStatusBar::item { border: 0 }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px 6px }
QToolButton:hover { background: @sel_inactive }
QToolButton:pressed, QToolButton:checked { background: @sel }
QToolButton:focus { border: 1px solid @focus }
QToolButton:disabled { color: @text3 }
QToolButton::menu-indicator { image: none; width: 0 }
QTabBar { qproperty-drawBase: 0; background: transparent }
QTabBar::tab { background: transparent; color: @text2; border: 0; border-bottom: 2px solid transparent; padding: 7px 12px }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; font-weight: 600 }
QTabBar::tab:focus { color: @accent }
QTabBar::tab:disabled { color: @text3 }
QTabWidget::pane { border: 0; border-top: 1px solid @line }
QTabBar#work { background: @window }
QTabBar#work::tab { background: @window; height: @31px; padding: 0 12px; border: 0; border-right: 1px solid @line; border-bottom: 1px solid @line; border-top: 2px solid transparent }
QTabBar#work::tab:selected { background: @base; border-top: 2px solid @accent; border-bottom: 1px solid @base }
QTabBar::scroller { width: @52px }
QTabBar::tear { width: 0; border: 0; image: none }
QTabBar QToolButton { background: @window; border: 0; border-radius: 0; padding: 0 }
QTabBar QToolButton:hover { background: @sel_inactive }
QTabBar QToolButton::left-arrow { image: @mark(chevron-left) }
QTabBar QToolButton::right-arrow { image: @mark(chevron-right) }
QTabBar QToolButton::left-arrow:disabled, QTabBar QToolButton::right-arrow:disabled { image: none }
QTabBar::close-button { image: @mark(close); width: @12px; height: @12px }
QTabBar::close-button:hover { background: @sel_inactive; border-radius: 3px }
QHeaderView { background: @base; border: 0 }
QHeaderView::section { background: @base; color: @text2; border: 0; border-bottom: 1px solid @border; padding: 0 8px; font-size: @12px; font-weight: 500 }
QHeaderView::section:hover { color: @text }
QHeaderView::up-arrow, QHeaderView::down-arrow { image: none; width: 0; height: 0 }
QTableView, QTreeView, QListView { background: @base; border: 0; outline: 0; gridline-color: @line }
QListView[padded="true"] { padding: 4px 12px }
QListView[field="true"] { border: 1px solid @border; border-radius: 5px; padding: 2px 6px }
QTableCornerButton::section { background: @base; border: 0 }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDateTimeEdit, QComboBox { background: @base; color: @text; border: 1px solid @border; border-radius: 5px; padding: 4px 8px; min-height: @18px; selection-background-color: @accent; selection-color: @on_accent; placeholder-text-color: @text3 }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDateTimeEdit:focus, QComboBox:focus { border: 2px solid @focus; padding: 3px 7px }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QSpinBox:disabled, QDateTimeEdit:disabled, QComboBox:disabled { background: @side; color: @text3; border-color: @line }
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"], QSpinBox[wrong="true"], QComboBox[wrong="true"] { border-color: @error_text }
QComboBox { padding-left: 10px; padding-right: 24px }
QComboBox:focus { padding-left: 9px; padding-right: 23px }
QComboBox::drop-down, QDateTimeEdit::drop-down { subcontrol-origin: padding; subcontrol-position: center right; width: 20px; border: 0 }
QComboBox::down-arrow, QDateTimeEdit::down-arrow { image: @mark(chevron-down); width: @12px; height: @12px }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @border; padding: 4px; selection-background-color: @sel; selection-color: @text }
QAbstractSpinBox { padding: 2px 2px 2px 8px }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: 0; padding: 0; min-height: 0; background: transparent }
QComboBox QLineEdit, QComboBox QLineEdit:focus { border: 0; padding: 0 8px; min-height: 0; background: transparent }
QSpinBox::up-button, QSpinBox::down-button, QTimeEdit::up-button, QTimeEdit::down-button { width: 18px; border: 0 }
QSpinBox::up-arrow, QTimeEdit::up-arrow { image: @mark(chevron-up); width: @10px; height: @10px }
QSpinBox::down-arrow, QTimeEdit::down-arrow { image: @mark(chevron-down); width: @10px; height: @10px }
QPushButton { background: @raised; color: @text; border: 1px solid @border; border-radius: 5px; padding: 4px 13px; min-height: @18px; font-weight: 500 }
QToolButton[tool="true"] { qproperty-iconSize: @16px @16px }
QTabBar#work { qproperty-iconSize: @15px @15px }
QPushButton { qproperty-iconSize: @22px @16px }
QToolBar { qproperty-iconSize: @21px @16px }
QPushButton:hover { background: @hover }
QPushButton:pressed, QPushButton:checked { background: @sel; border-color: @accent }
QPushButton:disabled { background: @side; color: @text3; border-color: @line }
QPushButton[primary="true"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600 }
QPushButton[primary="true"]:hover { background: @focus; border-color: @focus }
QPushButton[primary="true"]:disabled { background: @sunken; color: @text3; border-color: @line }
QPushButton:focus { border: 2px solid @focus; padding: 3px 12px }
QPushButton[primary="true"]:focus { border: 2px solid @text }
QPushButton[link="true"] { background: transparent; color: @link; border: 1px solid transparent; padding: 3px 4px; font-weight: 400 }
QPushButton[link="true"]:hover { text-decoration: underline }
QPushButton[link="true"]:focus { border: 1px solid @focus }
QPushButton::menu-indicator { image: @mark(chevron-down); width: @12px; height: @12px; subcontrol-position: center right; right: 6px }
QCheckBox, QRadioButton { spacing: 8px; min-height: @22px; background: transparent }
QTreeView::branch:has-children:closed { image: @mark(chevron-right) }
QTreeView::branch:has-children:open { image: @mark(chevron-down) }
QCheckBox::indicator, QRadioButton::indicator, QGroupBox::indicator, QListView::indicator { width: @12px; height: @12px; border: 1px solid @control; border-radius: 3px; background: @base }
QRadioButton::indicator { border-radius: 7px }
QCheckBox::indicator:checked, QGroupBox::indicator:checked, QListView::indicator:checked { background: @accent; border-color: @accent; image: @mark(check) }
QCheckBox::indicator:indeterminate { background: @accent; border-color: @accent; image: @mark(minus) }
QRadioButton::indicator:checked { border-color: @accent; image: @mark(dot) }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid @focus; width: @10px; height: @10px }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { background: @side; border-color: @border }
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled, QListView::indicator:checked:disabled { background: @text3; border-color: @text3 }
QCheckBox:disabled, QRadioButton:disabled, QLabel:disabled { color: @text3 }
QGroupBox { border: 0; margin-top: @22px; font-weight: 600 }
QGroupBox::title { subcontrol-origin: margin; subcontrol-position: top left; padding: 0 }
QProgressBar { background: @track; border: 0; border-radius: 3px; max-height: 6px; color: transparent }
QProgressBar::chunk { background: @plot; border-radius: 3px }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0 }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0 }
QScrollBar::handle { background: @border; border-radius: 3px; margin: 2px }
QScrollBar::handle:hover { background: @control }
QScrollBar::handle:vertical { min-height: 28px }
QScrollBar::handle:horizontal { min-width: 28px }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0 }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent }
QAbstractScrollArea::corner { background: transparent; border: 0 }
QSplitter::handle { background: @border }
QSplitter::handle:horizontal { width: 1px }
QSplitter::handle:vertical { height: 1px }
QFrame[line="true"] { background: @line; border: 0; min-height: 1px; max-height: 1px }
QFrame[card="true"] { background: @base; border: 1px solid @line; border-radius: 6px }
QFrame[raised="true"] { background: @raised; border: 1px solid @border; border-radius: 8px }
*[surface="base"] { background: @base }
*[surface="side"] { background: @side }
*[surface="window"] { background: @window }
QLabel { background: transparent }
QLabel[role="secondary"] { color: @text2; font-size: @12px }
QLabel[role="caption"] { color: @text3; font-size: @12px }
QLabel[role="old"] { color: @text2 }
QLabel[role="title"] { font-size: @18px; font-weight: 600 }
QLabel[role="heading"] { font-size: @13px; font-weight: 600 }
QLabel[role="facets"] { color: @text2; font-size: @12px; font-weight: 600 }
QLabel[role="error"] { color: @error_text }
QLabel[role="mono"], QPlainTextEdit[mono="true"], QLineEdit[mono="true"] { font-family: "JetBrains Mono"; font-size: @12px }
"""  # noqa: E501 - a rule per line reads better than a broken rule


def style_sheet(token: Callable[[str], QColor], theme_name: str, px: Callable[[float], int]) -> str:
    """The rules with colours, marks and font sizes of the theme filled in.

    `@name` is a colour token, `@mark(name)` a mark of the theme, `@13px` a scaled length.
    Raises KeyError for an unknown token or mark.
    """

    def fill_in(match: re.Match[str]) -> str:
        length, mark, name = match.group("length", "mark", "name")
        if length:
            return f"{px(float(length))}px"
        if mark:
            return f'url("{mark_path(theme_name, mark).as_posix()}")'
        return token(name).name()

    pattern = r"@(?:(?P<length>\d+)px|mark\((?P<mark>[a-z-]+)\)|(?P<name>\w+))"
    return re.sub(pattern, fill_in, _RULES)
