"""What commits is known by its words, in the languages that most desktops speak."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import Click, Point, PressKeys
from coasty_desk.core.gates.commit_words import KINDS, WORDS, committing
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.gates.risk import Around, risk
from coasty_desk.core.word_file import entries

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "delete": "Delete|Remove from library|Empty bin|Empty Recycle Bin…|Drop database|Reset|Factory reset|Uninstall|Clear|Don't save|Overwrite",
        "send": "Send|Submit|Publish|Post|Share|Reply all|Merge pull request|Force push|Deploy",
        "pay": "Pay now|Buy it now|Place your order|Subscribe|Checkout|Confirm and pay|Withdraw|Donate",
        "format": "Format|Format disk…|Reformat",
        "shut down": "Shut Down|Restart|Sign out|Log off|Power off|Turn off",
        "lock out": "Block|Block user|Revoke|Deactivate account|Cancel subscription|Close my account|Unsubscribe|Ban",
    },
    "es": {"delete": "Eliminar|Borrar todo|Vaciar papelera|Restablecer", "send": "Enviar|Publicar", "pay": "Pagar|Comprar ahora", "lock out": "Bloquear|Revocar"},
    "de": {
        "delete": "Löschen|Loschen|Loeschen|Papierkorb leeren|Zurücksetzen|Deinstallieren|Entfernen",
        "send": "Senden|Veröffentlichen|Absenden",
        "pay": "Bezahlen|Jetzt kaufen|Zahlungspflichtig bestellen|Kostenpflichtig bestellen|Überweisen",
        "format": "Formatieren",
        "shut down": "Herunterfahren|Neu starten|Abmelden",
        "lock out": "Sperren|Blockieren|Widerrufen|Konto schließen|Kündigen",
    },
    "fr": {"delete": "Supprimer|Vider la corbeille|Réinitialiser", "send": "Envoyer|Publier", "pay": "Payer|Acheter|Passer la commande", "shut down": "Se déconnecter|Éteindre", "lock out": "Bloquer|Révoquer|Résilier"},
    "pt": {"delete": "Excluir|Apagar|Esvaziar lixeira", "send": "Enviar|Publicar", "pay": "Pagar|Finalizar compra", "shut down": "Desligar|Terminar sessão", "lock out": "Bloquear|Cancelar assinatura"},
    "it": {"delete": "Elimina|Cancella|Svuota cestino|Ripristina", "send": "Invia|Pubblica", "pay": "Paga|Acquista ora", "shut down": "Arresta il sistema|Riavvia", "lock out": "Blocca|Revoca"},
    "ru": {"delete": "Удалить|Очистить корзину|Сбросить", "send": "Отправить|Опубликовать", "pay": "Оплатить|Купить|Оформить заказ", "format": "Форматировать", "shut down": "Выключить|Перезагрузка|Выйти", "lock out": "Заблокировать|Отозвать"},
    "ja": {"delete": "削除|ゴミ箱を空にする|リセット|初期化", "send": "送信|投稿する", "pay": "購入する|支払う|注文を確定", "format": "フォーマット", "shut down": "シャットダウン|再起動", "lock out": "ブロック|退会する"},
    "zh": {"delete": "删除|刪除|清空回收站|重置", "send": "发送|提交|發佈", "pay": "支付|立即购买|結帳", "format": "格式化", "shut down": "关机|重新啟動", "lock out": "屏蔽|封鎖|停用"},
    "ko": {"delete": "삭제|휴지통 비우기|초기화", "send": "보내기|제출", "pay": "결제하기|구매", "format": "포맷", "shut down": "시스템 종료|로그아웃", "lock out": "차단|탈퇴"},
    "pl": {"delete": "Usuń|Opróżnij kosz|Zresetuj", "send": "Wyślij|Opublikuj", "pay": "Zapłać|Kup teraz|Zamów", "shut down": "Wyłącz|Wyloguj się", "lock out": "Zablokuj|Unieważnij"},
    "tr": {"delete": "Sil|SİL|Kaldır|Sıfırla|Çöp kutusunu boşalt", "send": "Gönder|Yayınla", "pay": "Öde|Satın al", "format": "Biçimlendir", "shut down": "Yeniden başlat|Oturumu kapat", "lock out": "Engelle"},
    "nl": {"delete": "Verwijderen|Prullenbak legen|Wissen", "send": "Verzenden|Publiceren", "pay": "Betalen|Nu kopen|Bestelling plaatsen", "shut down": "Afsluiten|Opnieuw opstarten|Afmelden", "lock out": "Blokkeren|Intrekken"},
    "ar": {"delete": "حذف|إفراغ سلة المحذوفات|إعادة تعيين", "send": "إرسال|نشر", "pay": "ادفع الآن|شراء", "shut down": "إيقاف التشغيل|تسجيل الخروج", "lock out": "حظر"},
}  # fmt: skip

MORE = (
    "Transfer|Sell|Approve|Refund|Kill process|Force quit|Disable|Rotate key|Sign transaction|Call now|Quitar cuenta|Limpiar historial|Retirar|"
    "Salir del grupo|Rückgängig machen|Abheben|Verkaufen|Gruppe verlassen|Finaliser la commande|Virer|Quitter le groupe|Signer|Deletar|Sacar|"
    "Rispondi a tutti|Preleva|Lascia il gruppo|Вывести средства|Разослать|Покинуть группу|送る|引き出す|今すぐ買う|提现|群发|退群|撤销|출금|발송|강퇴|"
    "되돌리기|Przekaż dalej|Wypłać|Zamawiam i płacę|Para çek|Çöpe taşı|Gruptan ayrıl|Opwaarderen|Ondertekenen|Groep verlaten|تأكيد الطلب|سحب|قفل"
)
"""Of others that software says, a quarter was missed."""


@pytest.mark.parametrize(
    ("label", "kind"),
    [(label, kind) for kinds in LABELS.values() for kind, labels in kinds.items() for label in labels.split("|")],
)
def test_what_destroys_spends_publishes_or_locks_out_is_asked_about(label: str, kind: str) -> None:
    """Safety sentence: a click or Enter on what says so in one of fourteen languages is asked about."""
    for text in (label, label.upper(), f"  {label}… "):
        found = risk(Click(Point(5, 5)), Around(windows=(NamedWindow("x"),), said=(text,)))
        assert found is not None, text
        assert found.kind in (kind, "delete", "pay"), text
    assert risk(PressKeys(("enter",)), Around(windows=(NamedWindow("x"),), said=("", label))) is not None


@pytest.mark.parametrize("label", MORE.split("|"))
def test_what_else_software_says_is_asked_about(label: str) -> None:
    """On a button by itself."""
    assert committing(label) is not None


@pytest.mark.parametrize(
    "label",
    [
        "File",
        "Edit",
        "View",
        "Format menu",
        "Format Cells…",
        "Format Painter",
        "Reset zoom",
        "Reset view",
        "Send to Back",
        "Sent",
        "Sent items",
        "Trash",
        "Save",
        "Save As…",
        "Open",
        "Cancel",
        "OK",
        "Next",
        "Back",
        "Close",
        "Copy",
        "Paste",
        "Undo",
        "Search",
        "Settings",
        "Help",
        "About",
        "Postcode",
        "Blog post",
        "The post office",
        "Code block",
        "Information",
        "Platform",
        "Sender",
        "Drop-down list",
        "Restaurant",
        "Speichern",
        "Öffnen",
        "Abbrechen",
        "Ansicht",
        "Bearbeiten",
        "Entfernung",
        "Gesendet",
        "Wissenschaft",
        "Enregistrer",
        "Ouvrir",
        "Annuler",
        "Archivo",
        "Guardar",
        "Abrir",
        "Público",
        "Borrador",
        "Salva",
        "Annulla",
        "Convito",
        "Файл",
        "Правка",
        "Сохранить",
        "Отмена",
        "Платформа",
        "Подпись",
        "Стерео",
        "ファイル",
        "編集",
        "保存",
        "キャンセル",
        "書式",
        "送信済み",
        "文件",
        "编辑",
        "格式",
        "取消",
        "已发送",
        "파일",
        "편집",
        "저장",
        "취소",
        "보낸 메일함",
        "Plik",
        "Zapisz",
        "Anuluj",
        "Plac Zamkowy",
        "Dosya",
        "Kaydet",
        "İptal",
        "Bestand",
        "Opslaan",
        "Annuleren",
        "Opmaak",
        "ملف",
        "حفظ",
        "إلغاء",
    ],
)
def test_places_to_go_to_are_not_asked_about(label: str) -> None:
    """Menus, navigation, and words that merely begin or end like one that commits."""
    assert committing(label) is None, committing(label)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("I will click Löschen to go on", "delete"),
        ("Ahora pulso el botón de comprar", "pay"),
        ("Click the Post button", ""),
        ("open the format menu to change the font", ""),
        ("now I press the button that formats the disk", "format"),
        ("", ""),
    ],
)
def test_the_models_own_words_count_in_every_language(words: str, kind: str) -> None:
    """Labels such as Post count only where they are all of a text."""
    found = committing(words)
    assert (found.kind if found else "") == kind


def test_a_text_that_is_longer_than_anybody_reads_is_asked_about() -> None:
    """It is not judged in part."""
    assert committing("a " * 60_000) is not None


def test_every_language_has_words_for_every_kind() -> None:
    """A table that others can add to: each of its entries is found as it stands."""
    files = sorted(WORDS.iterdir())
    assert len(files) >= 12
    for file in files:
        assert {kind for kind, _ in entries(file)} - {"harmless"} == set(KINDS), file.name
        for kind, words in entries(file):
            for entry in words.split(",") if kind != "harmless" else ():
                word = entry.strip().replace("*", "")
                text = word.removeprefix("=") if word.startswith("=") else f"x {word} y"
                assert committing(text) is not None, (file.name, entry)
